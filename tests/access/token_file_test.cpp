#include "access/token_file.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace nvrhub::access;

namespace {

class Folder {
public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "nvrhub-access-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& text) const { std::ofstream(path / "tokens.json") << text; }
  std::filesystem::path path;
};

Token token(Role role) {
  Token made;
  made.role = role;
  REQUIRE(mint(made));
  return made;
}

tl::expected<void, std::string> add(const TokenFile& file, const Token& one) {
  return file.change([&one](std::vector<Token>& tokens) -> tl::expected<void, std::string> {
    tokens.push_back(one);
    return {};
  });
}

} // namespace

TEST_CASE("no file: no token was ever created", "[token_file]") {
  const Folder folder;
  const TokenFile file(folder.path);
  CHECK(file.version() == 0);
  REQUIRE(file.read());
  CHECK_FALSE(file.read()->has_value());
}

TEST_CASE("every field that is written is read back", "[token_file]") {
  const Folder folder;
  const TokenFile file(folder.path);
  Token one = token(Role::nvr);
  one.hostname = "NVR \"1\" ü";
  one.note = "a note";
  one.made = 1'700'000'000'000;
  Token other = token(Role::dashboard);
  other.sites = {"north", ""};
  REQUIRE(add(file, one));
  const auto version = file.version();
  CHECK(version != 0);
  REQUIRE(add(file, other));
  CHECK(file.version() != version);
  const auto tokens = file.read();
  REQUIRE(tokens);
  REQUIRE((*tokens)->size() == 2);
  const Token& read = (**tokens)[0];
  CHECK(read.id == one.id);
  CHECK(read.hash == one.hash);
  CHECK(read.role == Role::nvr);
  CHECK(read.hostname == one.hostname);
  CHECK(read.note == one.note);
  CHECK(read.made == one.made);
  CHECK_FALSE(read.sites.has_value());
  CHECK((**tokens)[1].sites == other.sites);
  struct stat info {};
  REQUIRE(::stat((folder.path / "tokens.json").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  CHECK_FALSE(std::filesystem::exists(folder.path / "tokens.json.part"));
}

TEST_CASE("removing the last token leaves a file that grants no access", "[token_file]") {
  const Folder folder;
  const TokenFile file(folder.path);
  REQUIRE(add(file, token(Role::admin)));
  REQUIRE(file.change([](std::vector<Token>& tokens) -> tl::expected<void, std::string> {
    tokens.clear();
    return {};
  }));
  REQUIRE(file.read());
  REQUIRE(file.read()->has_value());
  CHECK((*file.read())->empty());
}

TEST_CASE("a refused change changes nothing", "[token_file]") {
  const Folder folder;
  const TokenFile file(folder.path);
  REQUIRE(add(file, token(Role::admin)));
  const auto version = file.version();
  const auto refused = file.change([](std::vector<Token>& tokens) -> tl::expected<void, std::string> {
    tokens.clear();
    return tl::make_unexpected("no");
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == "no");
  CHECK(file.version() == version);
}

TEST_CASE("a damaged file is an error that names the file", "[token_file]") {
  const Folder folder;
  const TokenFile file(folder.path);
  REQUIRE(add(file, token(Role::admin)));
  std::ifstream in(folder.path / "tokens.json");
  const std::string sound((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t length = 0; length + 2 < sound.size(); ++length) {
    folder.write(sound.substr(0, length));
    const auto read = file.read();
    CAPTURE(length);
    REQUIRE_FALSE(read);
    CHECK(read.error().find("tokens.json") != std::string::npos);
  }
  for (const char* text :
       {"[]", "7", R"({"tokens":7})", R"({"tokens":[7]})", R"({"tokens":[{"id":"x","hash":"zz","role":"admin"}]})"}) {
    folder.write(text);
    CAPTURE(text);
    CHECK_FALSE(file.read());
    CHECK_FALSE(add(file, token(Role::admin))); // a file that can't be read is not overwritten
  }
}

TEST_CASE("a role of a newer version is an error that names the token and the way out", "[token_file]") {
  const Folder folder;
  const TokenFile file(folder.path);
  REQUIRE(add(file, token(Role::operator_)));
  REQUIRE(file.read());
  std::ifstream in(folder.path / "tokens.json");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  text.replace(text.find("operator"), 8, "overlord");
  folder.write(text);
  const auto read = file.read();
  REQUIRE_FALSE(read);
  CHECK_THAT(read.error(), Catch::Matchers::Contains("tokens.json") && Catch::Matchers::Contains("\"overlord\"") &&
                               Catch::Matchers::Contains("install the version that made the token"));
  CHECK_FALSE(add(file, token(Role::admin)));
}

TEST_CASE("two concurrent changes are both kept", "[token_file]") {
  const Folder folder;
  const auto work = [&folder] {
    const TokenFile file(folder.path);
    for (int i = 0; i < 20; ++i) {
      Token one;
      (void)mint(one);
      (void)file.change([&one](std::vector<Token>& tokens) -> tl::expected<void, std::string> {
        tokens.push_back(one);
        return {};
      });
    }
  };
  std::thread other(work);
  work();
  other.join();
  const auto tokens = TokenFile(folder.path).read();
  REQUIRE(tokens);
  CHECK((*tokens)->size() == 40);
}

TEST_CASE("an invalid time is ignored and the token stays valid", "[token_file]") { // found by fuzz_records
  const Folder folder;
  const TokenFile file(folder.path);
  Token one = token(Role::admin);
  one.made = 5;
  REQUIRE(add(file, one));
  std::ifstream in(folder.path / "tokens.json");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t at = text.find("\"made\": 5");
  REQUIRE(at != std::string::npos);
  folder.write(text.replace(at, 9, "\"made\": 1e300"));
  const auto read = file.read();
  REQUIRE(read);
  CHECK((**read)[0].made == 0);
  CHECK((**read)[0].hash == one.hash);
}
