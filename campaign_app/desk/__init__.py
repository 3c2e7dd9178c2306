"""The organisers' desk: what needs me today, the frame around every room's screens, and who may open which."""
