// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstddef>

namespace audit {

#ifdef DDSP_FX_AUDIT
extern thread_local bool watching;
extern std::atomic<unsigned> allocations, locks, prints;
#else
inline thread_local bool watching = false;
inline std::atomic<unsigned> allocations{0}, locks{0}, prints{0};
#endif

}  // namespace audit
