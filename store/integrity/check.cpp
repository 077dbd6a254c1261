#include "store/integrity/check.hpp"

#include "fleet/replay.hpp"
#include "store/integrity/history_check.hpp"
#include "store/integrity/log_check.hpp"

namespace nvrhub::store {

namespace {

class Check {
public:
  explicit Check(const Snapshot& snapshot) : txn_(snapshot.txn()) {}

  CheckReport run() {
    check_meta();
    next_origin_ = check_replicated_log(txn_, collector_);
    check_hostnames();
    check_seen();
    collector_.each<AlertRecord>(txn_, Table::alerts, [](std::string_view, const AlertRecord&) {});
    check_camera_owners(base_state);
    check_camera_owners(live_state);
    fleet::Fleet fleet = load_base();
    check_log(fleet);
    check_state(fleet);
    return std::move(collector_.report);
  }

private:
  void check_meta();
  void check_hostnames();
  void check_seen();
  void check_camera_owners(const StateTables& tables);
  fleet::Fleet load_base();
  void check_log(fleet::Fleet& fleet);
  void check_event(fleet::Event& event, fleet::Fleet& fleet);
  void check_state(fleet::Fleet& fleet);
  void check_nvr(const fleet::Nvr& nvr, const NvrRecord& record, fleet::Fleet& fleet);

  ReadTxn& txn_;
  CheckCollector collector_;
  HistoryCheck history_check_{txn_, collector_};
  HeadRecord head_;
  OriginNumber next_origin_ = 1;
  Counts counts_;
  fleet::Seq last_seq_ = 0;
  fleet::WallMillis last_at_ = 0;
  std::uint64_t hostnames_ = 0;
  Counts counted_;
};

void Check::check_meta() {
  if (const auto epoch = collector_.ok(load_meta<EpochRecord>(txn_, meta::epoch))) {
    collector_.report.epoch = epoch->epoch;
    const bool sound = epoch->epoch.size() == 16 && epoch->epoch.find_first_not_of("0123456789abcdef") == Epoch::npos;
    collector_.require(sound, [] { return "the epoch is not 16 hex digits"; });
  }
  if (const auto header = collector_.ok(load_store_header(txn_))) {
    head_ = header->head;
    counts_ = header->counts;
  }
  collector_.ok(load_meta<SessionsRecord>(txn_, meta::sessions));
  collector_.ok(load<IdentityRecord>(txn_, Table::meta, meta::identity));
  collector_.ok(load<SidecarRecord>(txn_, Table::meta, meta::sidecar));
  collector_.ok(load<ClockRecord>(txn_, Table::meta, meta::clock));
  collector_.ok(load<TokensRecord>(txn_, Table::meta, meta::tokens));
  collector_.report.log_begin = head_.begin;
  collector_.report.head = head_.seq;
  collector_.require(head_.begin >= 1 && head_.begin <= head_.seq + 1, [] { return "the log begins after its end"; });
}

void Check::check_hostnames() {
  collector_.each<HostnameRecord>(txn_, Table::hostnames, [&](std::string_view hostname, const HostnameRecord& record) {
    ++hostnames_;
    const auto nvr = collector_.ok(load<NvrRecord>(txn_, Table::nvrs, nvr_key(record.id)));
    collector_.require(nvr && *nvr && (*nvr)->hostname == hostname, [&] {
      return describe(Table::hostnames, hostname) + " does not refer to an NVR with that hostname";
    });
  });
}

void Check::check_seen() {
  collector_.each<SeenRecord>(txn_, Table::seen, [&](std::string_view key, const SeenRecord&) {
    const auto nvr = collector_.ok(txn_.get(Table::nvrs, key));
    collector_.require(nvr && *nvr, [&] { return describe(Table::seen, key) + " belongs to no NVR"; });
  });
}

/// Every camera must belong to an NVR. Reading the NVRs does not find cameras without one.
void Check::check_camera_owners(const StateTables& tables) {
  std::string known;
  collector_.each<CameraRecord>(txn_, tables.cameras, [&](std::string_view key, const CameraRecord& camera) {
    const std::string_view owner = key.substr(0, id_bytes);
    if (known != owner) {
      const auto nvr = owner.size() == id_bytes ? collector_.ok(txn_.get(tables.nvrs, owner)) : std::nullopt;
      collector_.require(nvr && *nvr, [&] { return describe(tables.cameras, key) + " belongs to no NVR"; });
      known = owner;
    }
    collector_.require(camera.seq <= head_.seq,
                       [&] { return describe(tables.cameras, key) + " is newer than the log"; });
  });
}

fleet::Fleet Check::load_base() {
  fleet::Fleet fleet;
  collector_.ok(read_nvrs(txn_, base_state, 0, [&](fleet::Nvr&& nvr, const NvrRecord& record) {
    collector_.require(nvr.id < head_.next_nvr,
                       [&] { return "NVR " + std::to_string(nvr.id) + " has an id that is not allocated yet"; });
    collector_.require(nvr.version == 0,
                       [&] { return "NVR " + std::to_string(nvr.id) + " has a version in the base state"; });
    collector_.require(record.holder == 0,
                       [&] { return "NVR " + std::to_string(nvr.id) + " has a holder in the base state"; });
    fleet.emplace(nvr.id, std::move(nvr));
    return true;
  }));
  return fleet;
}

void Check::check_log(fleet::Fleet& fleet) {
  last_seq_ = head_.begin - 1;
  history_check_.begin(head_, fleet);
  collector_.each<fleet::Event>(txn_, Table::events, [&](std::string_view key, fleet::Event& event) {
    const auto seq = seq_of_key(key);
    collector_.require(seq == last_seq_ + 1, [&] {
      return describe(Table::events, key) + " follows event " + std::to_string(last_seq_) + ": the log has a gap";
    });
    if (!seq) return;
    event.seq = *seq;
    check_event(event, fleet);
  });
  collector_.require(last_seq_ == head_.seq, [&] {
    return "the log ends with event " + std::to_string(last_seq_) + ", expected " + std::to_string(head_.seq);
  });
  const bool empty = head_.begin > head_.seq;
  collector_.require(empty || last_at_ == head_.at,
                     [] { return "the time in the head record differs from that of the last event"; });
  history_check_.end();
}

void Check::check_event(fleet::Event& event, fleet::Fleet& fleet) {
  const auto name = [&] { return "event " + std::to_string(event.seq); };
  collector_.require(last_seq_ < head_.begin || event.at >= last_at_,
                     [&] { return name() + " has an earlier time than the event before it"; });
  last_seq_ = event.seq;
  last_at_ = event.at;
  collector_.require(event.nvr_id < head_.next_nvr,
                     [&] { return name() + " has an NVR id that is not allocated yet"; });
  const auto current_nvr = [&] {
    const auto at = fleet.find(event.nvr_id);
    return at == fleet.end() ? nullptr : &at->second;
  };
  history_check_.before_event(event, current_nvr());
  fleet::apply(fleet, event);
  history_check_.after_event(event, current_nvr());
}

void Check::check_state(fleet::Fleet& fleet) {
  collector_.ok(read_nvrs(txn_, live_state, 0, [&](fleet::Nvr&& nvr, const NvrRecord& record) {
    check_nvr(nvr, record, fleet);
    return true;
  }));
  for (const auto& [id, nvr] : fleet) {
    collector_.add("NVR " + std::to_string(id) + " (" + nvr.hostname + ") is in the log, but has no record");
  }
  collector_.require(hostnames_ == collector_.report.nvrs,
                     [] { return "the number of hostnames differs from the number of NVRs"; });
  collector_.require(counted_ == counts_, [] { return "the stored fleet counts differ from the sum of its NVRs"; });
}

void Check::check_nvr(const fleet::Nvr& nvr, const NvrRecord& record, fleet::Fleet& fleet) {
  const auto name = [&] { return "NVR " + std::to_string(nvr.id) + " (" + nvr.hostname + ")"; };
  ++collector_.report.nvrs;
  collector_.report.cameras += nvr.cameras.size();
  collector_.require(nvr.id != 0 && nvr.id < head_.next_nvr,
                     [&] { return name() + " has an id that is not allocated yet"; });
  collector_.require(nvr.version != 0, [&] { return name() + " has no version"; });
  collector_.require(record.holder < next_origin_, [&] { return name() + " has a holder that is no origin"; });
  const auto owner = collector_.ok(load<HostnameRecord>(txn_, Table::hostnames, record.hostname));
  collector_.require(owner && *owner && (*owner)->id == nvr.id,
                     [&] { return name() + " is not listed under its hostname"; });

  NvrRecord counted = record;
  counted.cameras = static_cast<std::uint32_t>(nvr.cameras.size());
  counted.cameras_online = counted.cameras_other = 0;
  for (const fleet::Camera& camera : nvr.cameras) {
    counted.cameras_online += camera.status.is_online() ? 1 : 0;
    counted.cameras_other += camera.status.is_online() || camera.status.is_offline() ? 0 : 1;
  }
  collector_.require(counted == record, [&] { return name() + " has camera counts that differ from its cameras"; });
  recount(counted_, std::nullopt, counted);

  const auto node = fleet.extract(nvr.id);
  if (node.empty()) return collector_.add(name() + " has a record, but is not in the log");
  collector_.compare(node.mapped(), nvr);
}

} // namespace

CheckReport check(const Snapshot& snapshot) {
  return Check(snapshot).run();
}

} // namespace nvrhub::store
