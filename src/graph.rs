//! Views of the register as graphs: order, cycles, reach.
