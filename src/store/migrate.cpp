#include "store/migrate.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "store/bulk_writer.hpp"
#include "store/check.hpp"
#include "store/child.hpp"
#include "store/epoch_file.hpp"
#include "store/new_files.hpp"
#include "store/tables.hpp"

namespace nvrhub::store {

namespace fs = std::filesystem;

namespace {

/// steps[i] leads from schema i + 1 to the next.
constexpr std::array<MigrationStep, 1> steps{migrate_1_to_2};
static_assert(steps.size() + 1 == schema_version);

constexpr const char* workplace = "upgrade.part";

LmdbOptions reading(const LmdbOptions& options) {
  return {options.path, options.map_bytes, LmdbMode::read_unlocked}; // the directory's lock keeps writers away
}

Result<std::uint32_t> read_schema(const LmdbOptions& options) {
  const auto answer = run_in_child([&]() -> std::string {
    const auto schema = [&]() -> Result<SchemaRecord> {
      NVRHUB_LET(backend, open_lmdb(reading(options)));
      NVRHUB_LET(txn, backend->begin_read());
      return load_meta<SchemaRecord>(*txn, meta::schema);
    }();
    return schema ? std::to_string(schema->version) : schema.error().message;
  });
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->find_first_not_of("0123456789") != std::string::npos) return fail(Errc::corrupt, *answer);
  return static_cast<std::uint32_t>(std::stoul(*answer));
}

Result<void> run_step(MigrationStep step, const LmdbOptions& from, const LmdbOptions& to) {
  NVRHUB_LET(old, open_lmdb(reading(from)));
  NVRHUB_LET(txn, old->begin_read());
  NVRHUB_LET(writer, BulkWriter::open(to));
  NVRHUB_TRY(step(*txn, writer));
  return writer.finish();
}

/// The new file is at home where the old one was: its inode is another, and stays what it is when it is renamed.
Result<void> carry_identity(const LmdbOptions& home, const LmdbOptions& made) {
  NVRHUB_LET(old, open_lmdb(reading(home)));
  NVRHUB_LET(was, old->begin_read());
  NVRHUB_LET(at_home, is_at_home(*was, read_epoch_file(home.path)));
  NVRHUB_LET(identity, load<IdentityRecord>(*was, Table::meta, meta::identity));
  if (!at_home || !identity) return {};
  identity->data_inode = data_inode(made.path);
  NVRHUB_LET(fresh, open_lmdb(made));
  NVRHUB_LET(txn, fresh->begin_write());
  NVRHUB_TRY(save(*txn, Table::meta, meta::identity, *identity));
  return txn->commit();
}

Result<void> require_clean(const fs::path& made) {
  NVRHUB_LET(report, check_directory(made));
  if (report.problems.empty()) return {};
  return fail(Errc::corrupt, "what was made of it is not clean: " + report.problems.front());
}

/// Keeps the old file under another name and gives its own to the new one.
Result<void> take_place(const fs::path& made, const fs::path& data, const fs::path& kept) {
  std::error_code error;
  if (!fs::equivalent(data, kept, error) && ::link(data.c_str(), kept.c_str()) != 0) {
    const int cause = errno;
    return fail(Errc::io, "could not keep " + data.string() + " as " + kept.string() + ": " + std::strerror(cause));
  }
  NVRHUB_TRY(sync_directory(data.parent_path()));
  return rename_durably(made / "data.mdb", data);
}

Result<void> require_free_name(const fs::path& kept, const fs::path& data) {
  std::error_code error;
  if (!fs::exists(kept, error) || fs::equivalent(kept, data, error)) return {};
  return fail(Errc::permission,
              kept.string() + " of an earlier upgrade is in the way: move it elsewhere, or remove it");
}

Result<void> make_and_place(const LmdbOptions& options, std::uint32_t version, const fs::path& kept) {
  NVRHUB_LET(place, Workplace::make(options.path / workplace));
  LmdbOptions from = options;
  for (std::uint32_t at = version; at < schema_version; ++at) {
    LmdbOptions to = options;
    to.path = place.path() / std::to_string(at + 1);
    std::error_code error;
    if (!fs::create_directory(to.path, error)) return fail(Errc::io, "could not make " + to.path.string());
    const auto work = [&]() -> Result<void> {
      NVRHUB_TRY(run_step(steps[at - 1], from, to));
      return at + 1 == schema_version ? carry_identity(options, to) : Result<void>{};
    };
    NVRHUB_TRY(try_in_child(work));
    from.path = to.path;
  }
  NVRHUB_TRY(require_clean(from.path));
  return take_place(from.path, options.path / "data.mdb", kept);
}

} // namespace

Result<void> migrate(const LmdbOptions& options, const std::function<void(const std::string&)>& tell) {
  NVRHUB_LET(version, read_schema(options));
  if (version == 0 || version >= schema_version) {
    return fail(Errc::schema, "the store has schema " + std::to_string(version) + ", and no step leads from there to " +
                                  std::to_string(schema_version));
  }
  const std::string data = (options.path / "data.mdb").string();
  const fs::path kept = data + ".v" + std::to_string(version);
  NVRHUB_TRY(require_free_name(kept, data));
  if (tell) {
    tell("upgrading " + data + " from schema " + std::to_string(version) + " to " + std::to_string(schema_version));
  }
  if (auto done = make_and_place(options, version, kept); !done) {
    Error error = std::move(done).error();
    error.message = "could not upgrade " + data + " from schema " + std::to_string(version) +
                    ", which is as it was: " + error.message;
    return tl::make_unexpected(std::move(error));
  }
  if (tell) tell("upgraded " + data + "; what it was stays as " + kept.string() + " until you remove it");
  return {};
}

void tidy_after_migration(const fs::path& directory) {
  std::error_code ignored;
  fs::remove_all(directory / workplace, ignored);
}

} // namespace nvrhub::store
