#pragma once

namespace nvrhub::app {

/// Makes this process independent of what its parent left behind. Every subcommand needs it.
///
/// - Standard descriptors that are closed are opened on /dev/null, so that no file or socket gets their number and
///   receives what is printed. Reading stdin and writing stdout still fail (EBADF): nothing is lost without notice.
///   Messages to stderr are dropped.
/// - SIGPIPE and SIGXFSZ are ignored: a closed pipe and a file size limit (RLIMIT_FSIZE) become errors of a write.
/// - SIGCHLD is not ignored: the result of a child process would be lost.
/// - The umask keeps the owner's permissions on new files; those of others are not extended.
///
/// REQUIRES: called first in main(), before anything opens a descriptor or starts a thread.
void set_up_process();

} // namespace nvrhub::app
