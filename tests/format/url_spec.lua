local url = require "tarsier.probe".url

describe("a URL", function()
  it("is taken apart", function()
    local cases = {
      ["http://host"] = { scheme = "http", user = "", host = "host", port = 80, rest = "" },
      ["https://jo:s3cr3t@Host.example:8443/a?b#c"] = { scheme = "https", user = "jo:s3cr3t", host = "Host.example",
        port = 8443, rest = "/a?b#c" },
      ["http://[::1]:5000?x=@y"] = { scheme = "http", user = "", host = "::1", port = 5000, rest = "?x=@y" },
      ["https://[fd00::1]/"] = { scheme = "https", user = "", host = "fd00::1", port = 443, rest = "/" },
      ["g0-9+a.zAZ://host:65535"] = { scheme = "g0-9+a.zAZ", user = "", host = "host", port = 65535, rest = "" },
      ["http://host:1"] = { scheme = "http", user = "", host = "host", port = 1, rest = "" },
      ["socks5h://proxy:1080"] = { scheme = "socks5h", user = "", host = "proxy", port = 1080, rest = "" },
      ["http://a@b@c:/{\"}"] = { scheme = "http", user = "a@b", host = "c", port = 80, rest = "/{\"}" },
    }
    for text, parts in pairs(cases) do assert.same(parts, url.split(text), text) end
  end)

  it("is not what two programs may read in two ways", function()
    for _, text in ipairs { "", "host", "//host", "http:/host", "http://", "http:///path", "://host", "http://ho st/",
      "http://host/a b", "http://good.example\\@bad.example/", "http://host:0/", "http://host:65536/", "http://host:x/",
      "http://::1/", "http://[::1/", "http://[::1]x/", "http://[[::1]/", "http://[a[::1]/", "http://x[::1]/", "http://ho\nst/", "http://host/\127",
      "ht tp://host/", "+http://host", "a\0b://host", "a\0://host", "a,b://host", "a/b://host",
      "a@b://host", "a[b://host", "a`b://host", "a{b://host", "http://user@/", "http://<host>/" } do
      assert.is_nil(url.split(text), text)
    end
  end)

  it("has the origin of another one or not", function()
    for _, pair in ipairs { { "http://a/x", "HTTP://A:80/y" }, { "https://jo@a", "https://a:443" } } do
      assert.is_true(url.same_origin(pair[1], pair[2]))
    end
    for _, pair in ipairs { { "http://a", "https://a" }, { "http://a", "http://a:81" }, { "http://a", "http://a.b" },
      { "http://À.example", "http://à.example" },
      { "http://a", "a" } } do
      assert.is_false(url.same_origin(pair[1], pair[2]))
    end
  end)

  it("is shown without its user and password", function()
    for text, shown in pairs { ["http://jo:s3cr3t@host/a@b"] = "http://host/a@b", ["http://host/"] = "http://host/",
      ["jo:p@host"] = "host", ["http://a:b@c@host?x"] = "http://host?x" } do
      assert.equal(shown, url.printable(text))
    end
  end)

  it("has bytes written as %XX", function()
    assert.equal("a%2Fb%20%C3%A9%25-._~", url.encode "a/b é%-._~")
    assert.equal("a/b:c@d%3F", url.encode("a/b:c@d?", "/:@"))
    assert.equal("a/b é%-+", url.decode "a%2Fb%20%C3%a9%25-+")
    assert.equal("1:2 3+4", url.decode("1%3a2+3%2B4", true))
    assert.equal("%%4%zz%", url.decode "%%4%zz%00%")
  end)
end)

describe("a host", function()
  it("is this machine or not", function()
    for _, host in ipairs { "localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "::1", "[::1]", "0:0:0:0:0:0:0:1",
      "::ffff:127.0.0.1" } do
      assert.is_true(url.is_loopback(host), host)
    end
    for _, host in ipairs { "", "localhost.example", "127.0.0.1.example", "127.1", "128.0.0.1", "::2", "[::1", "0.0.0.0",
      "mylocalhost", "::ffff:10.0.0.1" } do
      assert.is_false(url.is_loopback(host), host)
    end
  end)
end)
