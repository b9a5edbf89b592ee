"""Fine-tuning on a person's own pictures and questions: data.py reads them, lora.py learns, train.py decides
when it is enough, merged.py makes a model folder of it.
"""
