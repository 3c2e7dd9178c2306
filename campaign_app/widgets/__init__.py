"""What lets the campaign travel: share pictures, posters, sheets for signatures on paper, embedded pages."""
