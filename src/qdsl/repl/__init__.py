"""The prompt: lines typed by a person in, values and messages out. A thin face of `runtime.session`."""
