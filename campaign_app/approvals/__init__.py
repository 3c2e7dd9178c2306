"""What leaves only after a second person, or a wait in a team of one: asked, approved, released once."""
