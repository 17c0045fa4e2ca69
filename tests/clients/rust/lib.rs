//! Nothing is here: the tests beside this file are what the crate is for.
