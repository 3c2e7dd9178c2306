"""What lets the campaign travel: frames on other sites, badge and counter, oEmbed; share pictures, posters, sheets."""
