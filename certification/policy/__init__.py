"""What the handbook says about checkouts and certificates (R25-R29). Pure: values in, verdicts out."""
