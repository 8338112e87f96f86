"""What is remembered from one run to the next, by all the content that it depends on."""
