"""Everything live: the page's event stream, video to browsers, and the analyzers' one stream."""
