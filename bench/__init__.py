"""Benchmarks: each prints a table with its yardstick from the same run, and takes --json. Started by bin/bench NAME."""
