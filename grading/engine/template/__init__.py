"""A warm interpreter that has imported what an assignment needs, and is forked for every submission."""
