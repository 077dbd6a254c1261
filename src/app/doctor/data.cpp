// The data directory itself: is it there, is it ours, who else may read it, does it read.
#include "app/doctor/patient.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>

#include "access/token_file.hpp"
#include "store/directory.hpp"

namespace nvrhub::app {

namespace {

namespace fs = std::filesystem;

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777U);
  return text.data();
}

Finding examine_missing(const fs::path& data) {
  std::error_code error;
  const fs::path parent = fs::absolute(data, error).lexically_normal().parent_path();
  if (::access(parent.c_str(), W_OK | X_OK) == 0) {
    return ok("data directory", data.string() + " is not there yet: serve makes it");
  }
  return bad("data directory", data.string() + " is not there, and " + parent.string() + ": " + std::strerror(errno),
             "Make it: install -d -m 0750 -o nvrhub -g nvrhub " + data.string());
}

/// Who may do what with a directory or file that only the server's user and group should read.
Finding examine_mode(const std::string& check, const fs::path& path, const struct stat& info) {
  const std::string text = path.string() + " has mode " + octal(info.st_mode);
  const char* const right = S_ISDIR(info.st_mode) ? "0750" : "0640";
  const std::string advice = std::string("chmod ") + right + " " + path.string();
  if ((info.st_mode & 0022U) != 0) return bad(check, text + ": others than its owner may change it", advice);
  if ((info.st_mode & 0007U) != 0)
    return warn(check, text + ": anybody on this machine may read the fleet's state", advice);
  return ok(check, text);
}

void examine_tokens(const Patient& patient, Findings& findings) {
  const fs::path file = patient.data / "tokens.json";
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0 && (info.st_mode & 0077U) != 0) {
    findings.push_back(bad("tokens",
                           file.string() + " has mode " + octal(info.st_mode) + ": others than its owner may use it",
                           "chmod 0600 " + file.string()));
  }
  const auto tokens = access::TokenFile(patient.data).read();
  if (!tokens) {
    findings.push_back(bad("tokens", tokens.error(), "Run this as the user that serves, or as root."));
    return;
  }
  if (*tokens && !(*tokens)->empty()) {
    findings.push_back(ok("tokens", std::to_string((*tokens)->size()) + " in tokens.json"));
    return;
  }
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(patient.address, not_an_address);
  const bool beyond = !not_an_address && !address.is_loopback();
  if (*tokens) {
    findings.push_back(warn("tokens", "all are revoked: nobody gets in", "nvrhub token add --data DIR --role …"));
  } else if (!beyond) {
    findings.push_back(ok("tokens", "none: whoever is on this machine may do all"));
  } else if (patient.allow_anonymous) {
    findings.push_back(warn("tokens", "none, and --allow-anonymous: whoever reaches " + patient.address + " may do all",
                            "nvrhub token add --data DIR --role …"));
  } else {
    findings.push_back(bad("tokens", "none, so serve refuses to listen on " + patient.address,
                           "nvrhub token add --data DIR --role admin, or listen on 127.0.0.1"));
  }
}

Finding examine_contents(const fs::path& data) {
  std::error_code error;
  if (!fs::exists(data / "data.mdb", error)) return ok("data", "none yet");
  const auto directory = store::Directory::open_read_only(data); // looks it over, as serve does
  if (directory) return ok("data", "its layout is this version's, and what serve looks over is sound");
  const store::Error& why = directory.error();
  switch (why.code) {
  case store::Errc::permission:
    return bad("data", why.message, "Run this as the user that serves, or as root.");
  case store::Errc::schema:
    return bad("data", why.message, "Install the newer nvrhub again, or restore a backup.");
  case store::Errc::corrupt:
    return bad("data", why.message, "`nvrhub check` tells more. Restore a backup, and have the disk looked at.");
  default:
    return bad("data", why.message, "");
  }
}

} // namespace

void examine_data(const Patient& patient, Findings& findings) {
  struct stat info {};
  if (::stat(patient.data.c_str(), &info) != 0) {
    findings.push_back(errno == ENOENT ? examine_missing(patient.data)
                                       : bad("data directory", patient.data.string() + ": " + std::strerror(errno),
                                             "Run this as the user that serves, or as root."));
    examine_tokens(patient, findings);
    return;
  }
  if (!S_ISDIR(info.st_mode)) {
    findings.push_back(
        bad("data directory", patient.data.string() + " is not a directory", "Name another with --data."));
    return;
  }
  findings.push_back(examine_mode("data directory", patient.data, info));
  struct stat file {};
  if (::stat((patient.data / "data.mdb").c_str(), &file) == 0) {
    findings.push_back(examine_mode("data.mdb", patient.data / "data.mdb", file));
    if (file.st_uid != info.st_uid) {
      findings.push_back(bad("data.mdb", "it belongs to another user than the directory that it is in",
                             "chown -R --reference=" + patient.data.string() + " " + patient.data.string()));
    }
  }
  if (patient.server) {
    findings.push_back(ok("server", patient.server->empty()
                                        ? "one runs on the data directory"
                                        : "process " + *patient.server + " runs on the data directory"));
  }
  examine_tokens(patient, findings);
  findings.push_back(examine_contents(patient.data));
}

} // namespace nvrhub::app
