"""Tables: built in, generated, downloaded or uploaded; checked once, split and encoded."""
