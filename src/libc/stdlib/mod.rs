//! stdlib.h: one module for each of its subjects.
