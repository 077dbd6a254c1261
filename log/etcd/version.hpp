#pragma once

#include <string>
#include <string_view>

namespace nvrhub::log::etcd {

/// Whether a version of etcd may keep the log. Both texts are for people; empty: nothing to say.
struct VersionJudgement {
  std::string refusal; // it lacks what the adapter needs, or is known to corrupt data
  std::string warning; // a later one repairs faults that concern the log
};

/// `version` as etcd's status has it. One that is not understood is neither refused nor warned about.
VersionJudgement judge_version(std::string_view version);

} // namespace nvrhub::log::etcd
