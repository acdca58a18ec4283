using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Kvs;

/// <summary>Values as JSON, through System.Text.Json. Any number of threads may use one instance.</summary>
/// <typeparam name="T">The values' type.</typeparam>
public sealed class JsonKvsSerializer<T> : IKvsSerializer<T>
{
    private readonly JsonTypeInfo<T> _typeInfo;
    private readonly JsonWriterOptions _writerOptions;

    /// <summary>Serializes as <paramref name="options"/> say, or as the defaults of System.Text.Json do.</summary>
    /// <exception cref="NotSupportedException">The options know no way to serialize <typeparamref name="T"/>.
    /// </exception>
    public JsonKvsSerializer(JsonSerializerOptions? options = null) : this(FindTypeInfo(options))
    {
    }

    /// <summary>Serializes as a source generator has laid down, without reflection.</summary>
    public JsonKvsSerializer(JsonTypeInfo<T> typeInfo)
    {
        _typeInfo = typeInfo;
        JsonSerializerOptions options = typeInfo.Options;
        _writerOptions = new JsonWriterOptions
        {
            Encoder = options.Encoder,
            Indented = options.WriteIndented,
            MaxDepth = options.MaxDepth,
        };
    }

    /// <inheritdoc/>
    /// <exception cref="JsonException">The value has a cycle, or is nested too deep.</exception>
    /// <exception cref="NotSupportedException">A part of the value has a type that cannot be JSON.</exception>
    public void Serialize(T value, IBufferWriter<byte> destination)
    {
        using var writer = new Utf8JsonWriter(destination, _writerOptions);
        JsonSerializer.Serialize(writer, value, _typeInfo);
    }

    /// <inheritdoc/>
    /// <exception cref="JsonException">The bytes are not JSON, or not of this type.</exception>
    public T Deserialize(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize(bytes, _typeInfo)!;

    private static JsonTypeInfo<T> FindTypeInfo(JsonSerializerOptions? options)
    {
        options ??= JsonSerializerOptions.Default;
        options.MakeReadOnly(populateMissingResolver: true);
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }
}
