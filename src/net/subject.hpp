#pragma once

#include <optional>
#include <string>

#include "net/query.hpp"

namespace nvrhub::net {

/// The NVR, or the camera of it, whose history a path asks for. It may be removed by now, as long as its history is
/// kept; an NVR that has the hostname now goes before those that had it.
struct Subject {
  fleet::NvrId id = 0;
  std::optional<std::string> camera;
};

/// Of a path /api/v1/nvrs/{hostname}… or …/cameras/{name}…. Stop with 404 if there is no history of such a one.
Subject subject_of(Services& services, const Target& target);

} // namespace nvrhub::net
