//! Programs that must not compile are in `tests/cases`, each with what the compiler says to it.
