// What a test and the shim share: a file of 32-bit words that both have open, the shim mapped. See disk.mjs for the
// other side.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct control {
  // Set by the test. An errno of 0 is no fault.
  _Atomic int32_t write_errno;   // writes of data files, however they are made
  _Atomic int32_t sync_errno;    // fdatasync and fsync; what was to be synced is lost then, as Linux loses it
  _Atomic int32_t open_errno;    // opening for writing, and changes of directories
  _Atomic int32_t meta_errno;    // writes through O_DSYNC descriptors: LMDB's meta pages
  _Atomic int32_t meta_lands;    // ... and they are in the file nevertheless, while all later writes fail
  _Atomic int32_t sync_delay_ms; // of every fdatasync and O_DSYNC write
  _Atomic int32_t one_in;        // only one in so many of those fails, at random; 0: each
  _Atomic int32_t cut;           // n: the power is cut with the n-th operation from now
  _Atomic int32_t survival;      // of what is not synced at a cut: enum survival
  _Atomic uint32_t seed;         // of what survives
  // Set by the shim.
  _Atomic int32_t operations;
  _Atomic int32_t failed;
  _Atomic int32_t dead; // the power was cut
  _Atomic int32_t lost; // pages that went back to what was synced
  _Atomic int32_t kept; // pages that survived without having been synced
};

enum survival { nothing_survives, some_pages_survive, some_sectors_survive, all_survives };
