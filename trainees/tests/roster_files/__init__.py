"""Lists of people as teams send them, made in code: invented people, at example.org only."""
