// The last synced content of each data file, where it differs from the current content.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "control.h"

enum { page_bytes = 4096, sector_bytes = 512 };

/// The number of the file of `fd`, which is open for writing. -1: too many files.
int journal_file(int fd);

/// REQUIRES: called before `bytes` at `offset` are written without a sync.
void journal_will_write(int file, off_t offset, size_t bytes);
/// These bytes were written and are durable.
void journal_wrote_durably(int file, off_t offset, const void* data, size_t bytes);
/// The file is durable, except pages that an earlier failed sync has lost.
void journal_synced(int file);
/// A sync failed: Linux marks the pages clean, so a later sync writes them only if they are written again.
void journal_lost_sync(int file);

/// Restores the files to their content after a power cut.
void journal_cut(struct control* control);
