#define _GNU_SOURCE
#include "journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { max_files = 64 };

struct file {
  dev_t device;
  ino_t inode;
  int fd; // the journal's own descriptor
  off_t durable_bytes;
};

struct page {
  int file;
  off_t number;
  bool lost; // by a failed sync
  unsigned char durable[page_bytes];
};

static struct file files[max_files];
static int file_count;

static struct page** pages;
static size_t page_count;
static size_t page_room;
static size_t* table; // hash table of places in `pages`, plus one
static size_t table_size;

static size_t hash(int file, off_t number) {
  return ((size_t)number * 0x9E3779B97F4A7C15ULL + (size_t)file * 0x85EBCA6BULL) >> 7;
}

static void insert(size_t place) {
  size_t at = hash(pages[place]->file, pages[place]->number) % table_size;
  while (table[at] != 0)
    at = (at + 1) % table_size;
  table[at] = place + 1;
}

static void rebuild(size_t size) {
  free(table);
  table_size = size;
  table = calloc(table_size, sizeof *table);
  if (table == NULL) abort();
  for (size_t i = 0; i < page_count; ++i)
    insert(i);
}

static struct page* find(int file, off_t number) {
  if (table_size == 0) return NULL;
  for (size_t at = hash(file, number) % table_size; table[at] != 0; at = (at + 1) % table_size) {
    struct page* page = pages[table[at] - 1];
    if (page->file == file && page->number == number) return page;
  }
  return NULL;
}

int journal_file(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return -1;
  for (int i = 0; i < file_count; ++i) {
    if (files[i].device == info.st_dev && files[i].inode == info.st_ino) return i;
  }
  if (file_count == max_files) return -1;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const int own = open(path, O_RDWR | O_CLOEXEC);
  if (own < 0) return -1;
  files[file_count] = (struct file){info.st_dev, info.st_ino, own, info.st_size};
  return file_count++;
}

void journal_will_write(int file, off_t offset, size_t bytes) {
  if (bytes == 0) return;
  const off_t last = (offset + (off_t)bytes - 1) / page_bytes;
  for (off_t number = offset / page_bytes; number <= last; ++number) {
    struct page* page = find(file, number);
    if (page != NULL) {
      page->lost = false;
      continue;
    }
    page = calloc(1, sizeof *page);
    if (page_count == page_room) {
      page_room = page_room == 0 ? 1024 : 2 * page_room;
      pages = realloc(pages, page_room * sizeof(struct page*));
    }
    if (page == NULL || pages == NULL) abort();
    page->file = file;
    page->number = number;
    // Data after the end of the file reads as zeros.
    if (pread(files[file].fd, page->durable, page_bytes, number * page_bytes) < 0) abort();
    pages[page_count++] = page;
    if (2 * page_count >= table_size) {
      rebuild(4 * page_count + 1024);
    } else {
      insert(page_count - 1);
    }
  }
}

void journal_wrote_durably(int file, off_t offset, const void* data, size_t bytes) {
  const unsigned char* from = data;
  while (bytes > 0) {
    const off_t number = offset / page_bytes;
    const size_t within = (size_t)(offset % page_bytes);
    const size_t part = bytes < page_bytes - within ? bytes : page_bytes - within;
    struct page* page = find(file, number);
    if (page != NULL) memcpy(page->durable + within, from, part);
    from += part;
    offset += (off_t)part;
    bytes -= part;
  }
  if (files[file].durable_bytes < offset) files[file].durable_bytes = offset;
}

void journal_synced(int file) {
  size_t kept = 0;
  for (size_t i = 0; i < page_count; ++i) {
    if (pages[i]->file == file && !pages[i]->lost) {
      free(pages[i]);
    } else {
      pages[kept++] = pages[i];
    }
  }
  page_count = kept;
  if (table_size > 0) rebuild(4 * page_count + 1024);
  struct stat info;
  if (fstat(files[file].fd, &info) == 0) files[file].durable_bytes = info.st_size;
}

void journal_lost_sync(int file) {
  for (size_t i = 0; i < page_count; ++i)
    pages[i]->lost = pages[i]->lost || pages[i]->file == file;
}

static uint32_t next_random(uint32_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

/// Whether any part of the page survives.
static bool cut_page(const struct page* page, enum survival survival, uint32_t* random) {
  const off_t offset = page->number * page_bytes;
  if (survival == all_survives || (survival == some_pages_survive && (next_random(random) & 1) != 0)) return true;
  bool some = false;
  for (int sector = 0; sector < page_bytes; sector += sector_bytes) {
    if (survival == some_sectors_survive && (next_random(random) & 1) != 0) {
      some = true;
    } else if (pwrite(files[page->file].fd, page->durable + sector, sector_bytes, offset + sector) != sector_bytes) {
      abort();
    }
  }
  return some;
}

void journal_cut(struct control* control) {
  uint32_t random = control->seed * 2654435761U + 1;
  off_t bytes[max_files];
  for (int i = 0; i < file_count; ++i)
    bytes[i] = files[i].durable_bytes;
  for (size_t i = 0; i < page_count; ++i) {
    const struct page* page = pages[i];
    const bool survives = cut_page(page, (enum survival)control->survival, &random);
    atomic_fetch_add(survives ? &control->kept : &control->lost, 1);
    const off_t end = (page->number + 1) * page_bytes;
    if (survives && bytes[page->file] < end) bytes[page->file] = end;
  }
  for (int i = 0; i < file_count; ++i) {
    struct stat info;
    if (fstat(files[i].fd, &info) == 0 && info.st_size > bytes[i] && ftruncate(files[i].fd, bytes[i]) != 0) abort();
  }
}
