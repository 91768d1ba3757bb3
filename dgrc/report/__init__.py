"""What people look at: `case_view` tells a run or a case as text for the terminal."""
