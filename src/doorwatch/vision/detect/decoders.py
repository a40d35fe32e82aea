"""The table of decoders: which class reads which family's outputs. A new family is one module and one line here."""

from doorwatch.vision.detect.centernet import CenterNet
from doorwatch.vision.detect.detr import Detr
from doorwatch.vision.detect.nanodet import NanoDet
from doorwatch.vision.detect.network import Network
from doorwatch.vision.detect.ssd_boxes import SsdBoxes
from doorwatch.vision.detect.yolov8 import YoloV8
from doorwatch.vision.detect.yolox import Yolox

DECODERS: dict[str, type[Network]] = {
    "centernet": CenterNet,
    "detr": Detr,
    "nanodet": NanoDet,
    "ssd-boxes": SsdBoxes,
    "yolov8": YoloV8,
    "yolox": Yolox,
}
