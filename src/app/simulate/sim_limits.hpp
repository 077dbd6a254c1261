#pragma once

#include <cstdint>
#include <string>

#include <boost/system/error_code.hpp>

namespace nvrhub::app::sim {

/// Lets the process open `sockets` sockets and a few files more, as far as the system permits. Returns what stands in
/// the way, or nothing.
std::string raise_open_files(std::uint64_t sockets);

/// What to do about a connect error that is this machine's and not the server's; empty for any other.
std::string hint_for(const boost::system::error_code& error);

} // namespace nvrhub::app::sim
