"""Templates: programs of the standard library that an experiment starts from, found by what their headers say."""
