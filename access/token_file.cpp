#include "access/token_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace nvrhub::access {

namespace {

using nlohmann::json;

constexpr std::string_view put_back = "; put a sound one back, or delete it and make new tokens";

class Fd {
public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

private:
  int fd_;
};

std::optional<Hash> hash_in(const std::string& hex) {
  Hash hash{};
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = digit(hex[2 * i]);
    const int low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return hash;
}

json to_json(const Token& token) {
  json object{{"id", token.id},
              {"hash", to_hex(token.hash.data(), token.hash.size())},
              {"role", to_string(token.role)},
              {"made", token.made}};
  if (token.hostname) object["hostname"] = *token.hostname;
  if (token.sites) object["sites"] = *token.sites;
  if (!token.note.empty()) object["note"] = token.note;
  return object;
}

/// A token as the file has it, or what is wrong with it.
using Entry = tl::expected<Token, std::string>;

/// Throws json::exception if a field is missing or has another type.
Entry from_json(const json& object) {
  Token token;
  token.id = object.at("id").get<std::string>();
  const auto hash = hash_in(object.at("hash").get<std::string>());
  if (!hash) return tl::make_unexpected("is damaged: the hash of a token is not one" + std::string(put_back));
  token.hash = *hash;
  const auto role_name = object.at("role").get<std::string>();
  const auto role = role_of(role_name);
  if (!role) {
    return tl::make_unexpected(
        "cannot be used: token " + token.id + " has the role \"" + role_name +
        "\", which this version of nvrhub does not know; install the version that made the token, or let it revoke "
        "the token first");
  }
  token.role = *role;
  // The file may have any number here; one with a fraction may not fit.
  if (const auto made = object.find("made"); made != object.end() && made->is_number_integer()) {
    token.made = made->get<fleet::WallMillis>();
  }
  token.note = object.value("note", "");
  if (object.contains("hostname")) token.hostname = object.at("hostname").get<std::string>();
  if (object.contains("sites")) token.sites = object.at("sites").get<std::vector<std::string>>();
  return token;
}

} // namespace

std::string encode_token(const Token& token) {
  return to_json(token).dump();
}

tl::expected<Token, std::string> decode_token(std::string_view text) {
  try {
    return from_json(json::parse(text));
  } catch (const json::exception& error) {
    return tl::make_unexpected(std::string("is damaged: ") + error.what());
  }
}

std::string TokenFile::failed(const char* what) const {
  return path_.string() + ": " + what + ": " + std::strerror(errno);
}

std::string TokenFile::damaged(const char* what) const {
  return path_.string() + " is damaged: " + what + std::string(put_back);
}

tl::expected<std::optional<std::vector<Token>>, std::string> TokenFile::read() const {
  errno = 0;
  std::ifstream in(path_, std::ios::binary);
  if (!in) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return tl::make_unexpected(failed("can't be read"));
  }
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  try {
    std::vector<Token> tokens;
    const json whole = json::parse(text);
    for (const json& object : whole.at("tokens")) {
      auto token = from_json(object);
      if (!token) return tl::make_unexpected(path_.string() + " " + token.error());
      tokens.push_back(std::move(*token));
    }
    return tokens;
  } catch (const json::exception& error) {
    return tl::make_unexpected(damaged(error.what()));
  }
}

std::uint64_t TokenFile::version() const {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0) return 0;
  // Every write creates a new file, with another inode and change time.
  const auto changed = static_cast<std::uint64_t>(info.st_ctim.tv_sec) * 1'000'000'000 +
                       static_cast<std::uint64_t>(info.st_ctim.tv_nsec);
  return (changed ^ (static_cast<std::uint64_t>(info.st_ino) << 40)) | 1;
}

tl::expected<void, std::string>
TokenFile::change(const std::function<tl::expected<void, std::string>(std::vector<Token>&)>& edit) const {
  std::error_code error;
  if (std::filesystem::create_directories(directory_, error)) ::chmod(directory_.c_str(), 0750);
  const Fd directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return tl::make_unexpected(failed("its directory can't be opened"));
  while (::flock(directory.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return tl::make_unexpected(failed("its directory can't be locked"));
  }
  auto tokens = read();
  if (!tokens) return tl::make_unexpected(tokens.error());
  std::vector<Token> list = std::move(*tokens).value_or(std::vector<Token>{});
  if (auto edited = edit(list); !edited) return edited;
  return write(list, directory.get());
}

tl::expected<void, std::string> TokenFile::write(const std::vector<Token>& tokens, int directory_fd) const {
  json list = json::array();
  for (const Token& token : tokens)
    list.push_back(to_json(token));
  const std::string text = json{{"tokens", std::move(list)}}.dump(1) + "\n";
  const std::string part = path_.string() + ".part";
  const Fd file(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat owner {};
  if (!file || ::fstat(directory_fd, &owner) != 0) return tl::make_unexpected(failed("can't be written"));
  if (::geteuid() == 0 && ::fchown(file.get(), owner.st_uid, owner.st_gid) != 0) {
    return tl::make_unexpected(failed("can't be given to the directory's owner"));
  }
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(file.get(), text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::make_unexpected(failed("can't be written"));
    written += static_cast<std::size_t>(count);
  }
  if (::fchmod(file.get(), 0600) != 0 || ::fsync(file.get()) != 0 || ::rename(part.c_str(), path_.c_str()) != 0 ||
      ::fsync(directory_fd) != 0) {
    return tl::make_unexpected(failed("can't be written"));
  }
  return {};
}

} // namespace nvrhub::access
