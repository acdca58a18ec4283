using System.Text;
using System.Text.Json;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>Strings and objects of any type on every engine.</summary>
public abstract class EngineExtensionsContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    private const string HalfASurrogatePair = "a\uD83D";

    [Fact]
    public void Strings_are_utf8()
    {
        Engine.Set("schlüssel", "wert €");
        Engine.Set("bytes", [0xFF, 0x00]);

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal(Encoding.UTF8.GetBytes("wert €"), Engine.Get(Encoding.UTF8.GetBytes("schlüssel")));
            Assert.Equal("wert €", Engine.GetString("schlüssel"));
            Assert.Equal([0xFF, 0x00], Engine.Get("bytes"));
            Assert.True(Engine.TryGet("bytes", out byte[]? value));
            Assert.Equal([0xFF, 0x00], value);
            Assert.True(Engine.Contains("bytes"));
        });
        Assert.True(Engine.Remove("bytes"));
        Assert.False(Engine.Remove("bytes"));
        Assert.False(Engine.Contains("bytes"));
        Assert.False(Engine.TryGet("bytes", out byte[]? _));
        Assert.Null(Engine.GetString("bytes"));
    }

    [Fact]
    public void Strings_of_any_length_are_kept_up_to_the_limit()
    {
        for (int length = 50; length <= 65_536; length *= 2)
        {
            Engine.Set(new string('k', length), new string('v', 3 * length));
        }

        Engine.Set(new string('k', 65_536), "longest");
        CheckNowAndAfterReopening(() =>
        {
            for (int length = 50; length <= 65_536; length *= 2)
            {
                Assert.Equal(new string('v', 3 * length), Engine.GetString(new string('k', length)));
            }

            Assert.Equal("longest", Engine.GetString(new string('k', 65_536)));
        });
        Assert.Throws<KvsLimitException>(() => Engine.Set(new string('k', 65_537), "too long"));
        Assert.Throws<KvsLimitException>(() => Engine.Set("", "empty"));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_an_error_and_nothing_is_stored()
    {
        Assert.ThrowsAny<ArgumentException>(() => Engine.Set(HalfASurrogatePair, "value"));
        Assert.ThrowsAny<ArgumentException>(() => Engine.Set("key", HalfASurrogatePair));
        Assert.ThrowsAny<ArgumentException>(() => Engine.Contains(HalfASurrogatePair));
        Assert.Equal(0, Engine.GetStatistics().Keys);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_an_error_when_read_as_a_string()
    {
        Engine.Set("key", [0xC3]);
        Assert.ThrowsAny<ArgumentException>(() => Engine.GetString("key"));
    }

    [Fact]
    public void Get_of_a_missing_key_names_it_readably()
    {
        CheckNotFound(() => Engine.Get("schlüssel"), "\"schlüssel\"");
        CheckNotFound(() => Engine.Get([0x00, 0xFE]), "0x00FE");
        CheckNotFound(() => Engine.Get("line\nbreak"), "0x6C696E65");
        CheckNotFound(() => Engine.Get(new string('x', 63) + "üüü"), new string('x', 63) + "\"... (69 bytes)");
    }

    [Fact]
    public void Values_of_any_type_go_through_the_callers_serializer()
    {
        var serializer = new JsonKvsSerializer<Person>();
        var person = new Person("Ada", 36, ["mathematics"]);
        Engine.Set("ada", person, serializer);
        Engine.Set(Bytes("nobody"), null, new JsonKvsSerializer<Person?>());

        CheckNowAndAfterReopening(() =>
        {
            Assert.True(Engine.TryGet("ada", serializer, out Person? read));
            Assert.Equal(person.Name, read.Name);
            Assert.Equal(person.Interests, read.Interests);
            Assert.Equal("""{"Name":"Ada","Age":36,"Interests":["mathematics"]}""", Engine.GetString("ada"));
            Assert.True(Engine.TryGet(Bytes("nobody"), serializer, out Person? nobody));
            Assert.Null(nobody);
            Assert.False(Engine.TryGet("missing", serializer, out _));
        });
    }

    [Fact]
    public void Json_follows_the_callers_options()
    {
        var serializer = new JsonKvsSerializer<Person>(new JsonSerializerOptions(JsonSerializerDefaults.Web));
        Engine.Set("ada", new Person("Ada", 36, []), serializer);
        Assert.Equal("""{"name":"Ada","age":36,"interests":[]}""", Engine.GetString("ada"));
    }

    [Fact]
    public void What_cannot_be_serialized_fails_before_anything_is_written()
    {
        Engine.Set("kept", "old");
        var cycle = new Node();
        cycle.Next = cycle;
        foreach (string key in (string[])["kept", "new"])
        {
            Assert.Throws<JsonException>(() => Engine.Set(key, cycle, new JsonKvsSerializer<Node>()));
            Assert.Throws<NotSupportedException>(() => Engine.Set(key, new Lazy(), new JsonKvsSerializer<Lazy>()));
        }

        CheckNowAndAfterReopening(() =>
        {
            Assert.Equal("old", Engine.GetString("kept"));
            Assert.False(Engine.Contains("new"));
        });
    }

    [Fact]
    public void What_cannot_be_read_as_the_type_is_an_error_not_a_missing_key()
    {
        Engine.Set("key", "{not json");
        Assert.Throws<JsonException>(() => Engine.TryGet("key", new JsonKvsSerializer<Person>(), out _));
    }

    private static void CheckNotFound(Action get, string named) =>
        Assert.Contains(named, Assert.Throws<KeyNotFoundException>(get).Message, StringComparison.Ordinal);

    private sealed record Person(string Name, int Age, string[] Interests);

    private sealed class Node
    {
        public Node? Next { get; set; }
    }

    private sealed class Lazy
    {
        public Action Action { get; } = static () => { };
    }
}
