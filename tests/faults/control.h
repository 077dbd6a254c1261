// Memory shared by a test and the shim: a file of 32-bit words, mapped by the shim and written by
// tests/integration/support/disk.mjs.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct control {
  // Set by the test. An errno of 0 means no fault.
  _Atomic int32_t write_errno;   // all writes of data files
  _Atomic int32_t sync_errno;    // fdatasync and fsync; the unsynced data is then lost, as on Linux
  _Atomic int32_t open_errno;    // opening for writing, and directory changes
  _Atomic int32_t meta_errno;    // writes through O_DSYNC descriptors: LMDB's meta pages
  _Atomic int32_t meta_lands;    // ... but the data is written, and all later writes fail
  _Atomic int32_t sync_delay_ms; // of every fdatasync and O_DSYNC write
  _Atomic int32_t one_in;        // one in n of these operations fails, at random; 0: each
  _Atomic int32_t cut;           // n: power cut at the n-th operation from now
  _Atomic int32_t survival;      // of unsynced data at a power cut: enum survival
  _Atomic uint32_t seed;         // of the random choice of surviving data
  // Set by the shim.
  _Atomic int32_t operations;
  _Atomic int32_t failed;
  _Atomic int32_t dead; // the power was cut
  _Atomic int32_t lost; // pages restored to their synced content
  _Atomic int32_t kept; // pages that survived without having been synced
};

enum survival { nothing_survives, some_pages_survive, some_sectors_survive, all_survives };
