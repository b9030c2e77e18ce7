"""From a folder of Markdown to what patients are served: publish, roll back, look how it is."""
