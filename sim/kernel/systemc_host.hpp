// Runs a simulation on the SystemC kernel instead of the plain loop: same blocks, same result.
//
// One sc_module with one SC_METHOD per clock domain. A method ticks the components of its domain that have something
// to do at the current time and then sleeps until the earliest next event; an SC_METHOD per component would cost 5 to
// 100 times more. SystemC allows one elaboration per process, so one call per process.
#pragma once

#include "sim/kernel/simulation.hpp"

namespace heddle {

// Requires: not called before in this process. `skip` as in RunOptions.
void run_on_systemc(Simulation& simulation, bool skip);

} // namespace heddle
