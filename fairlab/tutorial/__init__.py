"""Ten steps on the built-in table: three rates, why they conflict, and what each mode does."""
