//! Load, check, plan, render: the one entry for commands and tests.
