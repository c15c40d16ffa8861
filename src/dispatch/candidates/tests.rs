//! What the help line does here, said as tests.
