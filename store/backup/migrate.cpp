#include "store/backup/migrate.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "store/backup/bulk_writer.hpp"
#include "store/backup/staging_directory.hpp"
#include "store/directory/epoch_file.hpp"
#include "store/integrity/check.hpp"
#include "store/integrity/child.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace fs = std::filesystem;

namespace {

/// steps[i] upgrades from schema i + 1.
constexpr std::array<MigrationStep, 4> steps{migrate_1_to_2, migrate_2_to_3, migrate_3_to_4, migrate_4_to_5};
static_assert(steps.size() + 1 == schema_version);

constexpr const char* staging_name = "upgrade.part";

LmdbOptions reading(const LmdbOptions& options) {
  // Unlocked: no process writes, because the caller holds the directory's lock.
  return {options.path, options.map_bytes, LmdbMode::read_unlocked};
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

/// Notes the sidecar with the identity of the new file, which rename() keeps: the directory is not taken for a copy.
Result<void> copy_identity(const LmdbOptions& home, const LmdbOptions& made) {
  NVRHUB_LET(old, open_lmdb(reading(home)));
  NVRHUB_LET(was, old->begin_read());
  const auto found = read_epoch_file(home.path);
  NVRHUB_LET(reason, reason_for_new_epoch(*was, found));
  if (reason || !found) return {};
  NVRHUB_LET(fresh, open_lmdb(made));
  return keep_sidecar(*fresh, *found, made.path);
}

Result<void> require_clean(const fs::path& made) {
  NVRHUB_LET(report, check_directory(made));
  if (report.problems.empty()) return {};
  return fail(Errc::corrupt, "the upgraded file is not clean: " + report.problems.front());
}

/// Links the old file to the name `kept`, then renames the new file over it.
Result<void> install(const fs::path& made, const fs::path& data, const fs::path& kept) {
  std::error_code error;
  if (!fs::equivalent(data, kept, error) && ::link(data.c_str(), kept.c_str()) != 0) {
    const int cause = errno;
    return fail(Errc::io, "could not keep " + data.string() + " as " + kept.string() + ": " + std::strerror(cause));
  }
  NVRHUB_TRY(sync_directory(data.parent_path()));
  return rename_durably(made / "data.mdb", data);
}

Result<void> require_unused_name(const fs::path& kept, const fs::path& data) {
  std::error_code error;
  if (!fs::exists(kept, error) || fs::equivalent(kept, data, error)) return {};
  return fail(Errc::permission, kept.string() + " of an earlier upgrade already exists: move or remove it");
}

Result<void> build_and_install(const LmdbOptions& options, std::uint32_t version, const fs::path& kept) {
  NVRHUB_LET(staging, StagingDirectory::make(options.path / staging_name));
  LmdbOptions from = options;
  for (std::uint32_t at = version; at < schema_version; ++at) {
    LmdbOptions to = options;
    to.path = staging.path() / std::to_string(at + 1);
    std::error_code error;
    if (!fs::create_directory(to.path, error)) return fail(Errc::io, "could not create " + to.path.string());
    const auto work = [&]() -> Result<void> {
      NVRHUB_TRY(run_step(steps[at - 1], from, to));
      return at + 1 == schema_version ? copy_identity(options, to) : Result<void>{};
    };
    NVRHUB_TRY(try_in_child(work));
    from.path = to.path;
  }
  NVRHUB_TRY(require_clean(from.path));
  return install(from.path, options.path / "data.mdb", kept);
}

} // namespace

Result<void> migrate(const LmdbOptions& options, const std::function<void(const std::string&)>& on_progress) {
  NVRHUB_LET(version, read_schema(options));
  if (version == 0 || version >= schema_version) {
    return fail(Errc::schema, "the store has schema " + std::to_string(version) +
                                  ": this nvrhub cannot upgrade it to schema " + std::to_string(schema_version));
  }
  const std::string data = (options.path / "data.mdb").string();
  const fs::path kept = data + ".v" + std::to_string(version);
  NVRHUB_TRY(require_unused_name(kept, data));
  if (on_progress) {
    on_progress("upgrading " + data + " from schema " + std::to_string(version) + " to " +
                std::to_string(schema_version));
  }
  if (auto done = build_and_install(options, version, kept); !done) {
    Error error = std::move(done).error();
    error.message = "could not upgrade " + data + " from schema " + std::to_string(version) +
                    " (the directory is unchanged): " + error.message;
    return tl::make_unexpected(std::move(error));
  }
  if (on_progress)
    on_progress("upgraded " + data + "; the old file is kept as " + kept.string() + " until you remove it");
  return {};
}

void clean_up_after_migration(const fs::path& directory) {
  std::error_code ignored;
  fs::remove_all(directory / staging_name, ignored);
}

} // namespace nvrhub::store
