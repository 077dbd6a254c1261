#include "notify/render/template.hpp"

#include <catch2/catch.hpp>

#include <array>

#include <nlohmann/json.hpp>

#include "notify/render/render.hpp"
#include "notify/support/messages.hpp"

using namespace nvrhub::notify;
using namespace nvrhub::notify::testing;

namespace {

constexpr std::array<std::string_view, 2> fields{"a", "b"};

std::string error_of(std::string_view text) {
  const auto parsed = Template::parse(text, fields);
  return parsed ? "" : parsed.error();
}

} // namespace

TEST_CASE("template: placeholders are replaced, everything else stays") {
  const auto parsed = Template::parse("{{a}}{x}{{ b }} }} {{a}}\n", fields);
  REQUIRE(parsed);
  CHECK(parsed->render({{"a", "1"}, {"b", "{{a}}"}}, Escape::none) == "1{x}{{a}} }} 1\n");
}

TEST_CASE("template: an error names the line") {
  CHECK(error_of("x\n{{c}}") == "line 2: unknown field {{c}}: the fields are a, b");
  CHECK(error_of("x\n\n{{a") == "line 3: {{ without }}");
  CHECK(Template::parse("", fields)->empty());
}

TEST_CASE("template: a value cannot leave its JSON string") {
  const auto parsed = Template::parse(R"({"title": "{{title}}", "host": "{{hostname}}"})", template_fields());
  REQUIRE(parsed);
  MessageView view = message_of({nvr_alert(hostile)});
  const auto json = nlohmann::json::parse(parsed->render(template_values(view), Escape::json));
  CHECK(json.size() == 2);
  CHECK(json["host"] == hostile);
  CHECK(json["title"] == title_of(view));
}

TEST_CASE("template: every field has a value") {
  const auto values = template_values(message_of({nvr_alert()}));
  for (const std::string_view field : template_fields())
    CHECK(values.contains(field));
  CHECK(values.size() == template_fields().size());
}
