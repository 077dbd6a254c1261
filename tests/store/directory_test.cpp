#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/integrity/child.hpp"
#include "store/records/tables.hpp"
#include "store/support/directories.hpp"

using namespace nvrhub::test;

namespace {

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777U;
}

Error open_error(const fs::path& path) {
  auto directory = Directory::open(path);
  REQUIRE_FALSE(directory.has_value());
  INFO(directory.error().message);
  CHECK(directory.error().message.find(path.string()) != std::string::npos);
  return directory.error();
}

/// Opens `path` as another user: "opened", "permission", or the message of another error.
std::string open_as_other_user(const fs::path& path, bool read_only) {
  return good(run_in_child([&]() -> std::string {
    if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return "no setuid";
    const auto opened = read_only ? Directory::open_read_only(path) : Directory::open(path);
    if (opened) return "opened";
    return opened.error().code == Errc::permission ? "permission" : opened.error().message;
  }));
}

/// A server in a child process: `serve` runs until the test kills it.
class Server {
public:
  explicit Server(const std::function<void()>& serve) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      ready_ = ends[1];
      serve_until_killed(serve);
    }
    ::close(ends[1]);
    char byte = 0;
    REQUIRE(::read(ends[0], &byte, 1) == 1);
    ::close(ends[0]);
  }
  ~Server() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  static void is_ready() { (void)!::write(ready_, "r", 1); }

private:
  [[noreturn]] static void serve_until_killed(const std::function<void()>& serve) {
    serve();
    for (;;)
      ::pause();
  }

  inline static int ready_ = -1;
  pid_t pid_ = 0;
};

} // namespace

TEST_CASE("a new data directory is accessible only to its owner and group") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  const mode_t mask = ::umask(0);
  good(Directory::open(path));
  ::umask(mask);
  CHECK(mode_of(path) == 0750);
  for (const char* name : {"data.mdb", "lock.mdb", "nvrhub.lock", "epoch"})
    CHECK(mode_of(path / name) == 0640);
  CHECK(fs::file_size(path / "data.mdb") < 1U << 20); // the map is address space, not disk
}

TEST_CASE("commits persist after the server is killed") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  {
    Server server([&] {
      const auto directory = Directory::open(path);
      if (!directory) return;
      Write write = write_of(0, {registered(nvr_named("a", {"door"}), 1'000)});
      std::vector<Result<NvrId>> outcomes;
      if ((*directory)->store().commit({&write, 1}, outcomes)) Server::is_ready();
      for (;;)
        ::pause();
    });
  }
  const auto directory = good(Directory::open(path));
  CHECK(nvr_in(directory->store(), 1).hostname == "a");
  require_clean(directory->store());
}

TEST_CASE("a second server is refused with the process id of the first") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  auto first = good(Directory::open(path));
  const Error error = open_error(path);
  CHECK(error.code == Errc::locked);
  CHECK(error.message.find("process " + std::to_string(::getpid())) != std::string::npos);
  CHECK(Directory::open_read_only(path).error().code == Errc::locked); // only in this process
  first.reset();
  good(Directory::open(path));
}

TEST_CASE("a path that cannot be a data directory is refused") {
  const Scratch scratch;
  SECTION("a file") {
    write_file(scratch / "file", "precious");
    CHECK(open_error(scratch / "file").code == Errc::permission);
    CHECK(read_file(scratch / "file") == "precious");
    CHECK(Directory::open_read_only(scratch / "file").error().code == Errc::permission);
  }
  SECTION("a missing parent directory") {
    CHECK(open_error(scratch.path() / "missing" / "data").code == Errc::permission);
    CHECK_FALSE(fs::exists(scratch / "missing"));
  }
  SECTION("read-only: a missing directory, or one without nvrhub data") {
    CHECK(Directory::open_read_only(scratch / "missing").error().code == Errc::permission);
    CHECK_FALSE(fs::exists(scratch / "missing"));
    CHECK(Directory::open_read_only(scratch.path()).error().code == Errc::permission);
    CHECK(check_directory(scratch.path()).error().code == Errc::permission);
    CHECK(contents(scratch.path()).empty());
  }
}

TEST_CASE("a directory without write permission is refused before anything is changed") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  fs::permissions(scratch.path(), fs::perms(0755));
  make_directory(path, 1);
  const auto before = contents(path);
  SECTION("a directory of another user") {
    CHECK(open_as_other_user(path, false) == "permission");
    CHECK(open_as_other_user(path, true) == "permission");
  }
  SECTION("a read-only directory") {
    fs::permissions(path, fs::perms(0555));
    fs::permissions(path / "data.mdb", fs::perms(0444));
    CHECK(open_as_other_user(path, false) == "permission");
    CHECK(open_as_other_user(path, true) == "opened");
  }
  SECTION("a read-only data.mdb") {
    fs::permissions(path, fs::perms(0777));
    for (const char* name : {"nvrhub.lock", "lock.mdb", "epoch"})
      fs::permissions(path / name, fs::perms(0666));
    fs::permissions(path / "data.mdb", fs::perms(0444));
    CHECK(open_as_other_user(path, false) == "permission");
  }
  SECTION("no permission to create the directory") {
    CHECK(open_as_other_user(scratch / "new", false) == "permission");
    CHECK_FALSE(fs::exists(scratch / "new"));
  }
  CHECK(contents(path) == before);
}

TEST_CASE("a directory of a newer nvrhub is refused and not changed") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 2);
  {
    LmdbOptions options;
    options.path = path;
    const auto backend = good(open_lmdb(options));
    const auto txn = good(backend->begin_write());
    good(save(*txn, Table::meta, meta::schema, SchemaRecord{9}));
    good(txn->commit());
  }
  for (const char* name : {"lock.mdb", "nvrhub.lock", "epoch"})
    fs::remove(path / name);
  const auto before = contents(path);
  const Error error = open_error(path);
  CHECK(error.code == Errc::schema);
  CHECK(error.message.find("schema 9") != std::string::npos);
  CHECK(contents(path) == before);
  CHECK(Directory::open_read_only(path).error().code == Errc::schema);
  CHECK(check_directory(path).error().code == Errc::schema);
  CHECK(contents(path) == before);
}

TEST_CASE("a file that LMDB did not write is refused and not changed") {
  const Scratch scratch;
  write_file(scratch / "data.mdb", std::string(50'000, 'x'));
  const auto before = contents(scratch.path());
  CHECK(open_error(scratch.path()).code == Errc::corrupt);
  CHECK(contents(scratch.path()) == before);
  CHECK_FALSE(good(check_directory(scratch.path())).problems.empty());
  CHECK(contents(scratch.path()) == before);
}

TEST_CASE("read-only access without a server changes no file") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 3);
  for (const char* name : {"lock.mdb", "nvrhub.lock"})
    fs::remove(path / name);
  const auto before = contents(path);
  {
    const auto directory = good(Directory::open_read_only(path));
    require_clean(directory->store());
    CHECK(directory->store().reserve_sessions(1).error().code == Errc::permission);
  }
  const CheckReport report = good(check_directory(path));
  CHECK(report.problems.empty());
  CHECK(report.head > 0);
  CHECK(contents(path) == before);
}

TEST_CASE("a check can run while a server is writing") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  Server server([&] {
    const auto directory = Directory::open(path);
    if (!directory) return;
    RandomFleet model(4);
    std::vector<Result<NvrId>> outcomes;
    for (int i = 0;; ++i) {
      std::vector<Write> batch = model.next_batch();
      if (!(*directory)->store().commit(batch, outcomes)) return;
      model.committed(batch, outcomes);
      if (i == 20) Server::is_ready();
    }
  });
  Seq first = 0;
  Seq last = 0;
  for (int i = 0; i < 10 || last < first + 200; ++i) {
    REQUIRE(i < 10'000); // the server does write
    const CheckReport report = good(check_directory(path));
    for (const std::string& problem : report.problems)
      UNSCOPED_INFO(problem);
    REQUIRE(report.problems.empty());
    last = report.head;
    if (i == 0) first = last;
  }
  // A snapshot stays valid however many commits the server adds.
  const auto reader = good(Directory::open_read_only(path));
  const Snapshot snapshot = good(reader->store().snapshot());
  for (int i = 0; last < good(snapshot.head()) + 300; ++i) {
    REQUIRE(i < 10'000);
    last = good(check_directory(path)).head;
  }
  CHECK(check(snapshot).problems.empty());
  CHECK(open_error(path).code == Errc::locked);
}
