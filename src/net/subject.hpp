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

/// Of a path /api/v1/nvrs/{hostname}… or …/cameras/{name}…. Stop with 404 if there is no history of such a one,
/// or if it is of a site that the caller may not see.
Subject subject_of(Services& services, const ApiRequest& request);

} // namespace nvrhub::net
