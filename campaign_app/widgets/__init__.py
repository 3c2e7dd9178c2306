"""What lets the campaign travel: share pictures, posters, sheets for signatures on paper, frames on other sites, badge and counter, oEmbed."""
