#pragma once

namespace nvrhub::net {

/// glibc extends the heap of a thread other than the main one by a page at a time. Each of these system calls changes
/// the process's memory map: while a fleet connects, there would be two or three per connection. This extends the
/// calling thread's heap once, by 32 MB, without using memory (docs/internals/decisions/0035).
///
/// REQUIRES: called at the start of the thread. Without effect on other allocators.
void extend_thread_heap();

} // namespace nvrhub::net
