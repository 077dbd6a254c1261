// What each data file held when it was last synced, where that differs from what it holds now.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "control.h"

enum { page_bytes = 4096, sector_bytes = 512 };

/// Of the file behind `fd`, open for writing: its number here. -1: there are too many.
int journal_file(int fd);

/// `bytes` from `offset` are about to be written, and not synced.
void journal_will_write(int file, off_t offset, size_t bytes);
/// The same bytes were written and are durable.
void journal_wrote_durably(int file, off_t offset, const void* data, size_t bytes);
/// All of the file is durable, but for what an earlier sync has lost.
void journal_synced(int file);
/// A sync failed: Linux takes the pages for clean from now on, so no later sync brings them to the disk, unless they
/// are written again.
void journal_lost_sync(int file);

/// Makes the files what a power cut leaves of them.
void journal_cut(struct control* control);
