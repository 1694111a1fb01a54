"""One identity state, its vendor faces, the judge, the faults and the clock."""
