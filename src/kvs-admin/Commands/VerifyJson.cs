using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kvs.Admin;

namespace Kvs.AdminProgram.Commands;

/// <summary>Writes what verifying found as one JSON object.</summary>
internal static class VerifyJson
{
    public static string Write(VerifyReport report)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions
        {
            Indented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("sound", report.IsSound);
            writer.WriteString("folder", report.Folder);
            writer.WriteString("store", report.StoreId);
            writer.WriteNumber("segments", report.Segments);
            writer.WriteNumber("bytes", report.Bytes);
            writer.WriteNumber("records", report.Records);
            if (report.Keys is { } keys)
            {
                writer.WriteNumber("keys", keys);
            }

            WriteRecovery(writer, report.Recovery);
            WriteDamages(writer, report.Damages);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void WriteRecovery(Utf8JsonWriter writer, RecoveryForecast? recovery)
    {
        if (recovery is not null)
        {
            writer.WriteStartObject("recovery");
            writer.WriteBoolean("power_cut", recovery.IsPowerCut);
            writer.WriteNumber("kept_records", recovery.KeptRecords);
            writer.WriteNumber("dropped_bytes", recovery.DroppedBytes);
            writer.WriteNumber("unfinished_writes", recovery.UnfinishedWrites);
            writer.WriteEndObject();
        }
    }

    private static void WriteDamages(Utf8JsonWriter writer, IReadOnlyList<DamagedPlace> damages)
    {
        writer.WriteStartArray("damages");
        foreach (DamagedPlace damage in damages)
        {
            writer.WriteStartObject();
            writer.WriteString("file", damage.File);
            writer.WriteNumber("offset", damage.Offset);
            writer.WriteString("what", damage.What);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
