using System.Globalization;
using System.Text;
using Kvs.Log;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>
/// The files of a small store, written out by hand: the worked example of docs/FORMAT.md, letter for letter. Made by
/// setting "apple" to "red" and "pear" to nothing, a flush, removing "apple", setting "fig" to "purple inside", and
/// closing.
/// </summary>
internal static class FormatExample
{
    internal const string Folder = "/store";
    internal const string SegmentPath = Folder + "/segment-0000000000000001";
    internal const int SegmentBytes = 0x30E0;

    internal const string Marker = """
        engine kvs
        format 1
        id 0123456789abcdef
        secret fedcba9876543210
        check f49a6f7b

        """;

    internal const string Manifest = """
        session 1
        boot boot-1
        durable-epoch 4
        sequence 4
        segment 1
        sealed 1
        dropped
        check c18c9dc8

        """;

    /// <summary>Offset and bytes, both hexadecimal; bytes that are not named are zero.</summary>
    internal const string Segment = """
        0000  ff 4b 56 53 4c 4f 47 31  magic
        0008  9a d8 01 34 01 00 00 00  checksum; format version 1
        0010  01 00 00 00 00 00 00 00  segment 1
        0018  ef cd ab 89 67 45 23 01  of store 0123456789abcdef
        0020  01 00 00 00 00 00 00 00  made in session 1
        0028  00 00 01 00 00 00 00 00  65536 bytes long while it was written
        0030  00 10 00 00 00 00 00 00  chunks of 4096 bytes

        1000  01 10 00 00 91 c7 94 19  chunk: 4096 bytes, complete; checksum
        1008  02 00 00 00 00 00 05 00  epoch 2, kind 5
        1010  01 00 00 00 00 00 00 00  the first of its lane
        1018  00 00 00 00 00 00 00 00  lane 0
        1020  00 00 00 00 00 00 00 00  no chunk before it: segment 0,
        1028  00 00 00 00 00 00 00 00  offset 0, end 0
        1030  00 00 00 00 00 00 00 00  reserved
        1038  00 00 00 00 00 00 00 00  reserved

        1040  29 00 00 00 7f d5 cc fc  put: 40 bytes, complete; checksum
        1048  02 00 00 00 00 00 01 00  epoch 2, kind 1, no flags
        1050  01 00 00 00 00 00 00 00  sequence number 1
        1058  03 00 00 00 04 00 00 00  value of 3 bytes; key of 4 + 1
        1060  61 70 70 6c 65 72 65 64  "apple", "red"

        1068  29 00 00 00 be 5b 24 53  put: 40 bytes, complete; checksum
        1070  02 00 00 00 00 00 01 00  epoch 2, kind 1
        1078  02 00 00 00 00 00 00 00  sequence number 2
        1080  00 00 00 00 03 00 00 00  value of 0 bytes; key of 3 + 1
        1088  70 65 61 72 00 00 00 00  "pear", and zeros up to a multiple of 8

        1090  29 00 00 00 fd 26 3c 31  remove: 40 bytes, complete; checksum
        1098  03 00 00 00 00 00 02 00  epoch 3, kind 2
        10a0  03 00 00 00 00 00 00 00  sequence number 3
        10a8  00 00 00 00 04 00 00 00  no value; key of 4 + 1
        10b0  61 70 70 6c 65 00 00 00  "apple"

        10b8  31 00 00 00 e1 d3 c3 76  put: 48 bytes, complete; checksum
        10c0  03 00 00 00 00 00 01 00  epoch 3, kind 1
        10c8  04 00 00 00 00 00 00 00  sequence number 4
        10d0  0d 00 00 00 02 00 00 00  value of 13 bytes; key of 2 + 1
        10d8  66 69 67 70 75 72 70 6c  "fig", "purpl
        10e0  65 20 69 6e 73 69 64 65  e inside"

        2000  01 10 00 00 d6 27 b1 bd  chunk: 4096 bytes, complete; checksum
        2008  03 00 00 00 00 00 05 00  epoch 3, kind 5
        2010  01 00 00 00 00 00 00 00  the first of its lane
        2018  ff ff ff ff 00 00 00 00  the lane of commit records
        2020  00 00 00 00 00 00 00 00  no chunk before it: segment 0,
        2028  00 00 00 00 00 00 00 00  offset 0, end 0
        2030  00 00 00 00 00 00 00 00  reserved
        2038  00 00 00 00 00 00 00 00  reserved

        2040  41 00 00 00 16 5b 2e 54  commit: 64 bytes, complete; checksum
        2048  02 00 00 00 00 00 04 00  epoch 2 is complete; kind 4
        2050  01 00 00 00 00 00 00 00  epoch 1 was durable before
        2058  02 00 00 00 00 00 00 00  two lanes:
        2060  01 00 00 00 00 00 00 00  lane 0 stands in segment 1,
        2068  00 10 00 00 90 10 00 00  in the chunk at 1000, and its records end at 1090
        2070  00 00 00 00 00 00 00 00  lane 1 has no chunk
        2078  00 00 00 00 00 00 00 00

        2080  41 00 00 00 08 f3 a4 b6  commit: 64 bytes, complete; checksum
        2088  03 00 00 00 00 00 04 00  epoch 3 is complete; kind 4
        2090  02 00 00 00 00 00 00 00  epoch 2 was durable before
        2098  02 00 00 00 00 00 00 00  two lanes:
        20a0  01 00 00 00 00 00 00 00  lane 0 stands in segment 1,
        20a8  00 10 00 00 e8 10 00 00  in the chunk at 1000, and its records end at 10e8
        20b0  00 00 00 00 00 00 00 00  lane 1 has no chunk
        20b8  00 00 00 00 00 00 00 00

        3000  81 00 00 00 16 8d 85 67  footer: 128 bytes, complete; checksum
        3008  03 00 00 00 00 00 08 00  highest epoch 3, kind 8
        3010  04 00 00 00 00 00 00 00  highest sequence number 4
        3018  04 00 00 00 2f 71 19 32  4 entries; digest of all first words
        3020  5a 95 df f8 34 81 50 62  hash of "pear"
        3028  02 00 00 00 00 00 00 00  sequence number 2
        3030  0d 02 00 0a b6 2b ed fb  at 1068, 40 bytes, check 7df695db
        3038  af 6a 87 25 35 6e 2e 6f  hash of "apple"
        3040  01 00 00 00 00 00 00 00  sequence number 1
        3048  08 02 00 0a 14 8e 24 3b  at 1040, 40 bytes, check 1d92470a
        3050  af 6a 87 25 35 6e 2e 6f  hash of "apple"
        3058  03 00 00 00 00 00 00 00  sequence number 3
        3060  12 02 80 0a 14 8e 24 3b  at 1090, a remove, 40 bytes, check 1d92470a
        3068  f5 e9 ce 3b 41 4f 5b d5  hash of "fig"
        3070  04 00 00 00 00 00 00 00  sequence number 4
        3078  17 02 00 0c f4 80 15 1c  at 10b8, 48 bytes, check 0e0ac07a

        3080  61 00 00 00 ab a4 d5 e2  seal: 96 bytes, complete; checksum
        3088  03 00 00 00 00 00 07 00  highest epoch 3, kind 7
        3090  04 00 00 00 00 00 00 00  highest sequence number 4
        3098  04 00 00 00 00 00 00 00  4 puts and removes
        30a0  02 00 00 00 2f 71 19 32  2 chunks; digest of all first words
        30a8  a8 00 00 00 00 00 00 00  168 bytes of puts and removes
        30b0  28 00 00 00 00 00 00 00  40 bytes of removes
        30b8  80 00 00 00 00 00 00 00  a footer of 128 bytes
        30c0  00 00 00 00 00 00 00 00  reserved
        30c8  00 00 00 00 00 00 00 00  reserved
        30d0  00 00 00 00 00 00 00 00  reserved
        30d8  00 00 00 00 00 00 00 00  reserved
        """;

    /// <summary>The id and secret that the marker names.</summary>
    internal static LogSecret Secret { get; } = new(0x0123456789ABCDEF, 0xFEDCBA9876543210);

    /// <summary>Options under which an engine that keeps to the format makes exactly these files.</summary>
    internal static KvStoreOptions OptionsOn(SimulatedFiles files) => new()
    {
        FileSystem = files,
        Durability = Durability.Process,
        Partitions = 1,
        Lanes = 2,
        NewSecret = Secret,
        SegmentBytes = 0x10000,
        FirstSegmentBytes = 0x10000,
    };

    /// <summary>The bytes that a listing names, in a file of so many bytes.</summary>
    internal static byte[] Bytes(string listing, int length)
    {
        const int OffsetDigits = 4;
        const int BytesColumn = OffsetDigits + 2;
        const int BytesDigits = (8 * 3) - 1;
        byte[] bytes = new byte[length];
        foreach (string line in listing.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int offset = int.Parse(line[..OffsetDigits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            string digits = line.Substring(BytesColumn, BytesDigits).Replace(" ", "", StringComparison.Ordinal);
            Convert.FromHexString(digits).CopyTo(bytes, offset);
        }

        return bytes;
    }

    /// <summary>A folder made of these bytes.</summary>
    internal static SimulatedFiles MakeFolder()
    {
        var files = new SimulatedFiles();
        files.WriteAll(Folder + "/engine", Encoding.ASCII.GetBytes(Marker));
        files.WriteAll(Folder + "/manifest", Encoding.ASCII.GetBytes(Manifest));
        files.WriteAll(Folder + "/lock", []);
        files.WriteAll(SegmentPath, Bytes(Segment, SegmentBytes));
        return files;
    }
}
