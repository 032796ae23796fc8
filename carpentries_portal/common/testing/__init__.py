"""What tests of real processes share: a portal of its own, started as bin/demo does, with the clock moved."""
