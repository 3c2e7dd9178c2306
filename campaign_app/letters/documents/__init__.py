"""Documents of letters: PDF, DOCX, plain text and PNG from a frozen letter. Asks no table, knows no request."""
