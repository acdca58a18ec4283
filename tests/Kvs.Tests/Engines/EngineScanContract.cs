using System.Text;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What every engine promises about scans.</summary>
public abstract class EngineScanContract<T>(ITestOutputHelper output) : EngineTests<T>(output)
    where T : EngineUnderTest, new()
{
    [Fact]
    public void A_scan_of_an_empty_store_ends_at_once()
    {
        ScanPage page = Engine.Scan(0, 10, 1_000);
        Assert.Empty(page.Entries);
        Assert.Equal(0UL, page.NextCursor);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000_000)]
    public void A_scan_returns_each_entry_once_with_its_value(int maxEntries)
    {
        for (int i = 0; i < 1_000; i++)
        {
            Engine.Set(Key(i), Bytes($"old-{i}"));
            Engine.Set(Key(i), Bytes($"value-{i}"));
        }

        for (int i = 0; i < 1_000; i += 3)
        {
            Engine.Remove(Key(i));
        }

        CheckNowAndAfterReopening(() =>
        {
            Dictionary<string, string> all = ScanAll(maxEntries, long.MaxValue);
            Assert.Equal(1_000 - 334, all.Count);
            Assert.All(all, entry => Assert.Equal($"value-{entry.Key["key-".Length..]}", entry.Value));
        });
    }

    [Fact]
    public void A_page_ends_when_its_bytes_are_reached_and_has_an_entry_all_the_same()
    {
        for (int i = 0; i < 100; i++)
        {
            Engine.Set(Key(i), new byte[100 * (i % 5)]);
        }

        foreach (long maxBytes in (long[])[0, 1, 500, 5_000])
        {
            int entries = 0;
            ulong cursor = 0;
            do
            {
                ScanPage page = Engine.Scan(cursor, int.MaxValue, maxBytes);
                long bytesBeforeLast = page.Entries.SkipLast(1).Sum(entry => entry.Key.Length + entry.Value.Length);
                Assert.True(page.Entries.Count <= 1 || bytesBeforeLast < maxBytes, $"{bytesBeforeLast} bytes");
                entries += page.Entries.Count;
                cursor = page.NextCursor;
            }
            while (cursor != 0);
            Assert.Equal(100, entries);
        }
    }

    [Fact]
    public void A_page_of_no_entries_cannot_be_asked_for()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Engine.Scan(0, 0, 1_000));
    }

    [Fact]
    public void A_page_stays_as_it_was_when_its_entries_change()
    {
        Engine.Set(Bytes("key"), Bytes("old"));
        ScanPage page = Engine.Scan(0, 10, 1_000);
        Engine.Set(Bytes("key"), Bytes("new"));
        Engine.Remove(Bytes("key"));

        KvsEntry entry = Assert.Single(page.Entries);
        Assert.Equal(Bytes("key"), entry.Key.ToArray());
        Assert.Equal(Bytes("old"), entry.Value.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1_000_000)]
    public void A_scan_of_a_prefix_returns_the_keys_that_begin_with_it(int maxEntries)
    {
        string[] keys = ["a", "ab", "abc", "abcd", "abd", "b", "ba", "\0", "ab\0", "aB", "é", "éa"];
        foreach (string key in keys)
        {
            Engine.Set(key, "value of " + key);
        }

        for (int i = 0; i < 1_000; i++)
        {
            Engine.Set($"other-{i}", "value");
        }

        CheckNowAndAfterReopening(() =>
        {
            foreach (string prefix in (string[])["a", "ab", "abc", "abcde", "b", "é", "\0", "c"])
            {
                Dictionary<string, string> found = ScanAll(maxEntries, long.MaxValue, prefix);
                Assert.Equal(keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(),
                    found.Keys.Order());
                Assert.All(found, entry => Assert.Equal("value of " + entry.Key, entry.Value));
            }

            // Half a character is a prefix as well: keys are bytes.
            ulong cursor = 0;
            var halfACharacter = new List<KvsEntry>();
            do
            {
                ScanPage page = Engine.Scan(cursor, maxEntries, 1_000, [0xC3]);
                halfACharacter.AddRange(page.Entries);
                cursor = page.NextCursor;
            }
            while (cursor != 0);
            Assert.Equal(2, halfACharacter.Count);
            Assert.Equal(keys.Length + 1_000, ScanAll(maxEntries, long.MaxValue, prefix: "").Count);
        });
    }

    [Fact]
    public void A_scan_of_keys_leaves_the_values_out_and_does_not_count_them()
    {
        for (int i = 0; i < 100; i++)
        {
            Engine.Set(Key(i), new byte[10_000]);
        }

        CheckNowAndAfterReopening(() =>
        {
            var keys = new HashSet<string>();
            ulong cursor = 0;
            int pages = 0;
            do
            {
                ScanPage page = Engine.Scan(cursor, 1_000, 5_000, keysOnly: true);
                Assert.All(page.Entries, entry => Assert.True(entry.Value.IsEmpty));
                Assert.All(page.Entries, entry => Assert.True(keys.Add(Encoding.UTF8.GetString(entry.Key.Span))));
                cursor = page.NextCursor;
                pages++;
            }
            while (cursor != 0);
            Assert.Equal(100, keys.Count);

            // All keys together have fewer bytes than a page; one of the values has more.
            Assert.InRange(pages, 1, 50);
        });
    }

    [Fact]
    public void A_scan_for_a_rare_prefix_finds_it_among_many_keys()
    {
        for (int i = 0; i < 30_000; i++)
        {
            Engine.Set(Key(i), Bytes("x"));
        }

        Engine.Set("rare", "found");
        CheckNowAndAfterReopening(() => Assert.Equal("found", Assert.Single(ScanAll(10, 1_000, "rare")).Value));
    }

    [Fact]
    public void A_scan_returns_each_lasting_entry_once_while_others_come_and_go_and_the_store_grows()
    {
        const int Lasting = 2_000;
        for (int i = 0; i < Lasting; i++)
        {
            Engine.Set($"lasting-{i}", "x");
        }

        Random random = NewRandom();
        ThreadGroup.RunBeside(
            () =>
            {
                for (int scan = 0; scan < 10; scan++)
                {
                    Dictionary<string, string> all = ScanAll(random.Next(1, 300), random.Next(100, 10_000));
                    Assert.Equal(Lasting, all.Keys.Count(key => key.StartsWith("lasting-", StringComparison.Ordinal)));
                }
            },
            count: 3,
            (thread, i) =>
            {
                string coming = $"coming-{thread}-{i % 50_000}";
                Engine.Set(coming, "y");
                Engine.Set($"lasting-{i % Lasting}", $"{i}");
                if (i % 3 == 0)
                {
                    Engine.Remove(coming);
                }
            });
    }

    /// <summary>All entries, none of them twice.</summary>
    private Dictionary<string, string> ScanAll(int maxEntries, long maxBytes, string prefix = "")
    {
        var all = new Dictionary<string, string>();
        ulong cursor = 0;
        do
        {
            ScanPage page = Engine.Scan(cursor, maxEntries, maxBytes, Bytes(prefix));
            Assert.InRange(page.Entries.Count, 0, maxEntries);
            foreach (KvsEntry entry in page.Entries)
            {
                all.Add(Encoding.UTF8.GetString(entry.Key.Span), Encoding.UTF8.GetString(entry.Value.Span));
            }

            cursor = page.NextCursor;
        }
        while (cursor != 0);
        return all;
    }
}
