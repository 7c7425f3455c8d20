"""The mathematical functions as LLVM: which are our own, which the C library's, and how exact they are."""
